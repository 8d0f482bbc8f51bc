"""The main job on the demo world: promise, source, ready, route, explain, and one table about it all."""
