"""Running a plan: what is missing is computed by an executor, and every finished cell becomes a record."""
