"""Mailings, deliveries and the decisions about them. Guarantees: pure."""
