"""How the audience does: counted, judged, drawn."""
