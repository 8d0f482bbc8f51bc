"""Public routing instances as problems: VRPLIB with its extra sections, Solomon, Li-Lim."""
