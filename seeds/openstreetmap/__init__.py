"""OpenStreetMap extracts as road networks: read, cut into segments, and brought into a graph.

:mod:`~seeds.openstreetmap.reading` takes from the file what routing needs,
:mod:`~seeds.openstreetmap.streets` makes junctions, segments and turn restrictions of it, and
:mod:`~seeds.openstreetmap.loading` brings them into a graph. What tags mean is said in one module each:
:mod:`~seeds.openstreetmap.speeds`, :mod:`~seeds.openstreetmap.access`, :mod:`~seeds.openstreetmap.one_way`,
:mod:`~seeds.openstreetmap.limits` and :mod:`~seeds.openstreetmap.turn_restrictions`.
"""
