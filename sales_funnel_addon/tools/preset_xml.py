"""Reading a preset file: which of its records still have to be created."""

import re

from lxml import etree

_REFERENCE = re.compile(r"""ref\(\s*['"]([\w.]+)['"]\s*\)""")


def record_ids(source):
    """Return the ids of the records of a preset file, in order.

    :param bytes source: the content of the file

    >>> record_ids(b'<odoo><record id="a" model="m"/><record id="b" model="m"/></odoo>')
    ['a', 'b']
    """
    return [record.get("id") for record in etree.fromstring(source).iter("record")]


def without_records(source, loaded, existing):
    """Return a preset without the records that were loaded before.

    A record that was loaded once is never created again: if it is gone, an admin has deleted it. What refers to
    such a deleted record is left out with it.

    :param bytes source: the content of the file
    :param loaded: ids that an earlier load has created
    :param existing: those of them that are still there
    :rtype: bytes

    >>> xml = b'<odoo><record id="a" model="m"/><record id="b" model="m"><field name="x" ref="a"/></record></odoo>'
    >>> record_ids(without_records(xml, {"a"}, {"a"}))
    ['b']
    >>> record_ids(without_records(xml, {"a"}, set()))
    []
    """
    root = etree.fromstring(source)
    deleted = set(loaded) - set(existing)
    for record in list(root.iter("record")):
        references = set(record.xpath(".//@ref"))
        for expression in record.xpath(".//@eval"):
            references.update(_REFERENCE.findall(expression))
        if record.get("id") in loaded:
            record.getparent().remove(record)
        elif references & deleted:
            deleted.add(record.get("id"))
            record.getparent().remove(record)
    return etree.tostring(root)
