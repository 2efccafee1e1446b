"""The public pages: leave, join, change, be forgotten. Imported by `compose serve`, and by nothing before."""
