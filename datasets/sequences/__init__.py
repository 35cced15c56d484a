"""From events to sequences over one vocabulary, with what is known about users and items."""
