import org.apache.commons.configuration2.BaseConfiguration;
import org.apache.tinkerpop.gremlin.groovy.jsr223.dsl.credential.CredentialTraversalSource;
import org.apache.tinkerpop.gremlin.tinkergraph.structure.TinkerGraph;

/** Writes the graph of users that SimpleAuthenticator reads: FILE, then a user's name and password from the environment. */
public final class StoreCredentials {
    public static void main(String[] arguments) {
        var configuration = new BaseConfiguration();
        configuration.setProperty(TinkerGraph.GREMLIN_TINKERGRAPH_GRAPH_FORMAT, "graphson");
        configuration.setProperty(TinkerGraph.GREMLIN_TINKERGRAPH_GRAPH_LOCATION, arguments[0]);
        try (TinkerGraph graph = TinkerGraph.open(configuration)) {
            graph.traversal(CredentialTraversalSource.class)
                    .user(System.getenv("SERVER_USER"), System.getenv("SERVER_PASSWORD"))
                    .iterate();
        }
    }
}
