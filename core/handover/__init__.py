"""Hand-over folders: a model that comes or goes as files, with the ids of its items; read as if from a stranger."""
