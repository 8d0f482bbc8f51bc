"""The demo world: a distributor in La Serena and Coquimbo, its goods, suppliers, customers and orders."""
