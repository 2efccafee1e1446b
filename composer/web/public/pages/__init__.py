"""The public pages: sign up, unsubscribe, account, web copies, reviews."""
