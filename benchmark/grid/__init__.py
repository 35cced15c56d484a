"""From the user's words to settings, with every name and option looked up, and to the plan of their stages."""
