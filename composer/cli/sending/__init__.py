"""What a person sees and is asked when a mailing goes out."""
