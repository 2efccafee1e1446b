"""What may be written where: schemas, and trees read by them."""
