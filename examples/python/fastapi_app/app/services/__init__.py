"""What the service does, without HTTP."""


class Refused(Exception):
    """Something that the caller may be told, with the HTTP status that fits."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status = status
