"""Read workbooks from a mailbox: messages, senders, attachments, and the answer to each message."""
