"""Places orders in a store until it can no more: ``python -m tests.soak.writing_process STORE``.

It says ``placed ID`` for each order that was acknowledged, ``refused CODE MESSAGE`` when one was not, and
``holds N`` orders afterwards, as the graph in memory has them.
"""

from __future__ import annotations

import sys

from api.operations.place_order import LineRequest, PlaceOrder, place_order
from graph.engines.opening import open_engine
from graph.errors import EngineError
from graph.schema.model import SCHEMA
from tests.worlds import BOLT, C1, DAY_MS, START_AT

MOST = 2000


def main() -> None:
    engine = open_engine(f"embedded:{sys.argv[1]}", SCHEMA, create=False)
    for number in range(MOST):
        request = PlaceOrder(f"W-{number}", C1, START_AT + DAY_MS, (LineRequest(BOLT, 1),))
        try:
            print("placed", place_order(engine, request, now=START_AT).order_id, flush=True)
        except EngineError as error:
            print("refused", error.code, error, flush=True)
            break
    print("holds", engine.run(engine.g.V().has_label("Order").count())[0], flush=True)
    engine.close()


if __name__ == "__main__":
    main()
