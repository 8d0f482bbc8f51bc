import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.neo4j.configuration.GraphDatabaseInternalSettings;
import org.neo4j.configuration.GraphDatabaseSettings;
import org.neo4j.configuration.connectors.BoltConnector;
import org.neo4j.configuration.helpers.SocketAddress;
import org.neo4j.dbms.api.DatabaseManagementService;
import org.neo4j.dbms.api.DatabaseManagementServiceBuilder;
import org.neo4j.graphdb.config.Setting;
import org.neo4j.io.ByteUnit;

/**
 * Neo4j's engine with its Bolt connector on a loopback port: DIRECTORY PORT. With SERVER_USER and SERVER_PASSWORD
 * in the environment it asks for them. SIGTERM closes it cleanly.
 */
public final class Neo4jServer {
    private static final long PAGE_CACHE_BYTES = ByteUnit.mebiBytes(128);
    private static final long KEPT_LOG_BYTES = ByteUnit.mebiBytes(64);

    public static void main(String[] arguments) {
        String user = System.getenv("SERVER_USER");
        var address = new SocketAddress("127.0.0.1", Integer.parseInt(arguments[1]));
        Map<Setting<?>, Object> settings = Map.of(
                BoltConnector.enabled, true,
                BoltConnector.listen_address, address,
                BoltConnector.advertised_address, address,
                GraphDatabaseSettings.auth_enabled, user != null,
                GraphDatabaseSettings.pagecache_memory, PAGE_CACHE_BYTES,
                GraphDatabaseSettings.logical_log_rotation_threshold, KEPT_LOG_BYTES,
                GraphDatabaseSettings.keep_logical_logs, "1 files",
                // By then both databases are closed; without this the connector lingers for ten seconds more.
                GraphDatabaseInternalSettings.netty_server_shutdown_quiet_period, 0,
                GraphDatabaseInternalSettings.netty_server_shutdown_timeout, Duration.ofSeconds(1));
        DatabaseManagementService server =
                new DatabaseManagementServiceBuilder(Path.of(arguments[0])).setConfig(settings).build();
        Runtime.getRuntime().addShutdownHook(new Thread(server::shutdown, "shutdown"));
        if (user != null) {
            admit(server, user, System.getenv("SERVER_PASSWORD"));
        }
    }

    /** Community edition has one kind of user, who may do everything; "neo4j" is always there. */
    private static void admit(DatabaseManagementService server, String user, String password) {
        var system = server.database(GraphDatabaseSettings.SYSTEM_DATABASE_NAME);
        var parameters = Map.<String, Object>of("user", user, "password", password);
        system.executeTransactionally(
                "CREATE USER $user IF NOT EXISTS SET PASSWORD $password CHANGE NOT REQUIRED", parameters);
        // Neo4j refuses to set the password that a user already has.
        system.executeTransactionally("ALTER USER $user SET PASSWORD CHANGE NOT REQUIRED", Map.of("user", user));
        if (user.equals("neo4j")) {
            try {
                system.executeTransactionally("ALTER USER $user SET PASSWORD $password", parameters);
            } catch (RuntimeException unchanged) {
                System.err.println("the password stays: " + unchanged.getMessage());
            }
        }
    }
}
