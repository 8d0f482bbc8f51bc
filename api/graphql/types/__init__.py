"""The kinds of the graph as GraphQL types, in the sections of the schema."""
