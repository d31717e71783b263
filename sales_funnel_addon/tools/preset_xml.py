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
    such a deleted record, of this preset or of another one, is left out with it.

    :param bytes source: the content of the file
    :param loaded: ids that an earlier load has created
    :param existing: the ids of everything that is there, of this preset or of another one
    :rtype: bytes

    >>> xml = b'<odoo><record id="a" model="m"/><record id="b" model="m"><field name="x" ref="a"/></record></odoo>'
    >>> record_ids(without_records(xml, {"a"}, {"a"}))
    ['b']
    >>> record_ids(without_records(xml, {"a"}, set()))
    []
    >>> xml = b"<odoo><record id='b'><field eval='[ref(`core`), ref(`base.user_admin`)]'/></record></odoo>"
    >>> xml = xml.replace(b"`", b"&quot;")
    >>> record_ids(without_records(xml, set(), {"core"})), record_ids(without_records(xml, set(), set()))
    (['b'], [])
    """
    root = etree.fromstring(source)
    known = set(existing)
    for record in list(root.iter("record")):
        if record.get("id") in loaded:
            record.getparent().remove(record)
        elif all(name in known or "." in name for name in _references(record)):
            known.add(record.get("id"))
        else:
            record.getparent().remove(record)
    return etree.tostring(root)


def _references(record):
    """Return the ids of the records that a record refers to; those of other modules have a dot."""
    references = set(record.xpath(".//@ref"))
    for expression in record.xpath(".//@eval"):
        references.update(_REFERENCE.findall(expression))
    return references
