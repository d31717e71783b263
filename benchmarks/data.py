"""Leads by the thousand: one is made as people make it, the others are copies of its rows."""

import random

from odoo.tools import SQL

#: Tables whose rows belong to a lead: the column with its id, and what else tells that it is a lead.
RELATED_ROWS = (
    ("funnel_move", "lead_id", SQL("TRUE")),
    ("funnel_task", "lead_id", SQL("TRUE")),
    ("funnel_contact", "lead_id", SQL("TRUE")),
    ("funnel_timer", "lead_id", SQL("TRUE")),
    ("mail_activity", "res_id", SQL("res_model = 'crm.lead'")),
    ("ir_attachment", "res_id", SQL("res_model = 'crm.lead'")),
)


def copy_lead(lead, count):
    """Copy a lead with its history, tasks, timers, activities, attachments and followers, some 10,000 a second.

    :param lead: the lead to copy; it stays as it is
    :param int count: how many copies to make
    :returns: the ids of the copies in an arbitrary but repeatable order, so that neighbours are not read together
    :rtype: list[int]
    """
    lead.env.flush_all()
    cr = lead.env.cr
    ids = _insert_copies(cr, "crm_lead", SQL("generate_series(1, %s)", count), {}, SQL("row.id = %s", lead.id))
    copies = SQL("unnest(%s) AS copy(id)", ids)
    for table, column, condition in RELATED_ROWS:
        where = SQL("row.%s = %s AND %s", SQL.identifier(column), lead.id, condition)
        _insert_copies(cr, table, copies, {column: SQL("copy.id")}, where)
    _copy_followers(cr, lead.id, copies)
    lead.env.invalidate_all()
    random.Random(count).shuffle(ids)
    return ids


def _copy_followers(cr, lead_id, copies):
    where = SQL("row.res_model = 'crm.lead' AND row.res_id = %s", lead_id)
    follower_ids = _insert_copies(cr, "mail_followers", copies, {"res_id": SQL("copy.id")}, where)
    cr.execute(
        SQL(
            """INSERT INTO mail_followers_mail_message_subtype_rel (mail_followers_id, mail_message_subtype_id)
               SELECT copy.id, subtype.mail_message_subtype_id
                 FROM mail_followers AS copy
                 JOIN mail_followers AS row ON %s AND row.partner_id = copy.partner_id
                 JOIN mail_followers_mail_message_subtype_rel AS subtype ON subtype.mail_followers_id = row.id
                WHERE copy.id = ANY(%s)""",
            where,
            follower_ids,
        )
    )


def _insert_copies(cr, table, source, replaced, where):
    """Copy rows once for each row of ``source``; return the new ids.

    :param SQL source: what follows FROM beside the table, which is called ``row``
    :param dict replaced: expressions by name of the columns that differ
    :param SQL where: which rows
    """
    cr.execute(
        """SELECT column_name FROM information_schema.columns
            WHERE table_schema = current_schema AND table_name = %s AND column_name != 'id'""",
        [table],
    )
    names = [name for (name,) in cr.fetchall()]
    cr.execute(
        SQL(
            "INSERT INTO %s (%s) SELECT %s FROM %s AS row CROSS JOIN %s WHERE %s RETURNING id",
            SQL.identifier(table),
            SQL(", ").join(map(SQL.identifier, names)),
            SQL(", ").join(replaced.get(name, SQL.identifier("row", name)) for name in names),
            SQL.identifier(table),
            source,
            where,
        )
    )
    return [row_id for (row_id,) in cr.fetchall()]
