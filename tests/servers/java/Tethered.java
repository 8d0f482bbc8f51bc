import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.util.Arrays;

/**
 * Runs another main class, and ends this process as soon as standard input ends: the operating system closes
 * that pipe when the process that started the server dies, however it dies, so no server outlives it.
 */
public final class Tethered {
    private static final int ENDED_WITH_PARENT = 3;

    public static void main(String[] arguments) throws Throwable {
        Thread tether = new Thread(() -> haltAtEndOf(System.in), "tether");
        tether.setDaemon(true);
        tether.start();
        var main = Class.forName(arguments[0]).getMethod("main", String[].class);
        try {
            main.invoke(null, (Object) Arrays.copyOfRange(arguments, 1, arguments.length));
        } catch (InvocationTargetException failure) {
            throw failure.getCause();
        }
    }

    private static void haltAtEndOf(InputStream input) {
        try {
            while (input.read() >= 0) {
                // Nothing is ever sent; only the end counts.
            }
        } catch (IOException closed) {
            // As good as the end.
        }
        Runtime.getRuntime().halt(ENDED_WITH_PARENT);
    }
}
