"""Use cases about subscribers: import, find, change, export, erase, and decide about their bounces."""
