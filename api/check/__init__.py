"""The independent checker: reads the graph and says where it contradicts itself or the promises made.

It shares no code with what plans, sources or promises.
"""
