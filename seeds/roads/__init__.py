"""The committed road extract of La Serena and Coquimbo, and the script that made it."""
