"""The platform's exceptions: one small tree, each message saying what, where and the valid choices."""


class VigilError(Exception):
    """Anything that the platform itself refuses or cannot do."""


class ConfigError(VigilError):
    """A setting, parameter or name is not one of the valid choices."""


class ContractError(VigilError):
    """A dataset, aggregate or rule is declared wrongly, or twice."""


class LandError(VigilError):
    """An object cannot be landed as a chunk."""


class ChunksHeld(VigilError):
    """The suite stopped at least one chunk; retrying cannot help."""


class MissingReference(VigilError):
    """A rule needs reference data of which no version is published."""


class Expired(VigilError):
    """What is asked for rests on files that retention removed; only a backup may still have them."""


class Erased(Expired):
    """What is asked for was deleted when a person's data were erased; it never comes back."""


class Refused(VigilError):
    """Who asks may not know the answer; the attempt is on record."""


class Superseded(VigilError):
    """A newer attempt of the same stage exists, so this one may not publish."""


class FeedError(VigilError):
    """A source cannot be fed: not data, already fed in other slices, or out of reach."""


class DeliveryError(VigilError):
    """A channel did not accept an incident, this time."""


class StackError(VigilError):
    """A service of the embedded stack failed to start or to stop."""
