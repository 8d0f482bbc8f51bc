"""GraphiQL, served by the service itself: the page, and the fetching of what it is made of."""
