"""The weaknesses that come with the project, one module each, registered under their ids."""
