def globals = [g: traversal().withEmbedded(graph)]
globals
