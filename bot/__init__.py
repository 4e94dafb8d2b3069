"""What happens: the conversation decided purely, carried out in one transaction, sent by channels."""
