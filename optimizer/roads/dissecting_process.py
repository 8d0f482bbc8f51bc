"""Run as a script: dissects the graph that comes in, and sends back the order.

METIS keeps the interpreter to itself while it works; in a process of its own it keeps nobody waiting. In come
32-bit integers: the number of nodes, where the neighbours of each begin, and the neighbours. Out go the nodes
in the order of contraction. Nothing of the project is imported, to begin soon.
"""

import sys

import numpy as np
import pymetis


def main() -> None:
    """Read the graph, dissect it, write the order."""
    numbers = np.frombuffer(sys.stdin.buffer.read(), dtype=np.int32)
    nodes = int(numbers[0])
    starts, neighbours = numbers[1 : nodes + 2], numbers[nodes + 2 :]
    graph = pymetis.CSRAdjacency(adj_starts=starts, adjacent=neighbours)
    order, _ = pymetis.nested_dissection(graph)  # the second has the place of each node instead
    sys.stdout.buffer.write(np.asarray(order, dtype=np.int32).tobytes())


if __name__ == "__main__":
    main()
