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


def without_records(source, loaded, existing, module=None):
    """Return a preset without the records that were loaded before.

    A record that was loaded once is never created again: if it is gone, an admin has deleted it. What refers to
    such a deleted record, of this preset or of another one, is left out with it, and so is what refers to an app that
    is not installed.

    :param bytes source: the content of the file
    :param loaded: ids that an earlier load has created
    :param existing: the ids of everything that is there, of this preset or of another one; those of other modules,
        which have a dot, if the preset refers to them
    :param str module: leave only what refers to records of this other module
    :rtype: bytes

    >>> xml = b'<odoo><record id="a" model="m"/><record id="b" model="m"><field name="x" ref="a"/></record></odoo>'
    >>> record_ids(without_records(xml, {"a"}, {"a"}))
    ['b']
    >>> record_ids(without_records(xml, {"a"}, set()))
    []
    >>> xml = b"<odoo><record id='b'><field eval='[ref(`core`), ref(`base.user_admin`)]'/></record></odoo>"
    >>> xml = xml.replace(b"`", b"&quot;")
    >>> there = {"core", "base.user_admin"}
    >>> [record_ids(without_records(xml, set(), known)) for known in (there, there - {"core"}, {"core"})]
    [['b'], [], []]
    >>> record_ids(without_records(xml, set(), there, "base")), record_ids(without_records(xml, set(), there, "mrp"))
    (['b'], [])
    """
    root = etree.fromstring(source)
    known = set(existing)
    for record in list(root.iter("record")):
        if record.get("id") in loaded:
            record.getparent().remove(record)
        elif known.issuperset(_references(record)) and _concerns(record, module):
            known.add(record.get("id"))
        else:
            record.getparent().remove(record)
    return etree.tostring(root)


def _concerns(record, module):
    """Tell whether a record refers to something of a module, or none is asked for."""
    return not module or any(name.startswith(f"{module}.") for name in _references(record))


def foreign_references(source):
    """Return the ids of the records of other modules to which a preset refers.

    >>> sorted(foreign_references(b'<odoo><record id="a"><field ref="b"/><field ref="mrp.c"/></record></odoo>'))
    ['mrp.c']
    """
    found = set().union(*map(_references, etree.fromstring(source).iter("record")))
    return {name for name in found if "." in name}


def _references(record):
    """Return the ids of the records that a record refers to; those of other modules have a dot."""
    references = set(record.xpath(".//@ref"))
    for expression in record.xpath(".//@eval"):
        references.update(_REFERENCE.findall(expression))
    return references
