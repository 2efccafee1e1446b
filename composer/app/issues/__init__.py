"""Issues before they are sent: found, begun, built, checked, previewed, tested; and where the current one stands."""
