"""Choosing a share of things: nobody can tell beforehand what is chosen, and trying again changes nothing."""


def is_in_sample(digest, percent):
    """Tell whether something belongs to a sample.

    :param str digest: a keyed hash of what it is, in hexadecimal: evenly spread, and unknown to whoever lacks the key
    :param int percent: how many of a hundred belong to the sample, on average
    :rtype: bool

    >>> is_in_sample("00000000ff", 1), is_in_sample("ffffffff00", 99)
    (True, False)
    >>> is_in_sample("00000000ff", 0), is_in_sample("ffffffff00", 100)
    (False, True)
    """
    return int(digest[:8], 16) * 100 < percent << 32
