"""What a person sees, and is asked to confirm, when a mailing is sent."""
