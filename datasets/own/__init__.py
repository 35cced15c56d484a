"""Logs of the user's own: a folder of tables or of RecBole's atomic files, or one file."""
