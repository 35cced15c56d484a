"""What the language scenario's stages compute."""
