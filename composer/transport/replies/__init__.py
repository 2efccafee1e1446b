"""The meanings of server replies: from codes and sentences to a fixed set of values."""
