from odoo import SUPERUSER_ID, models
from odoo.tools import SQL

from ..tools.import_rows import Verdict

#: How many leads that are kept are named.
MOST_NAMED = 20


class FunnelImportUndoMixin(models.AbstractModel):
    """Taking an import back: leads that nobody has touched are deleted, the others are kept and named."""

    _name = "funnel.import.undo.mixin"
    _description = "Undo of an Import"

    def _take_back_next(self, batch_size):
        """Delete the leads of the next rows; return how many rows were dealt with."""
        Row = self.env["funnel.import.row"].sudo()
        rows = Row._fetch_after(self, self.position, batch_size, ["created"])
        if not rows:
            self._set({"state": "undone"})
            return 0
        # whoever may import may take back what nobody has touched; deleting leads is for administrators otherwise
        leads = self.env["crm.lead"].sudo().with_context(active_test=False)
        leads = leads.search([("id", "in", [row[-1] for row in rows if row[-1]])])
        touched = self._find_touched(leads)
        names = {lead.id: lead.display_name for lead in touched}
        (leads - touched).unlink()
        text = self.env._("Kept, because somebody has worked with it.")
        verdicts = [
            Verdict(number, "created", text, lead_id) if lead_id in names else Verdict(number, "undone")
            for number, _cells, _state, _message, lead_id in rows
        ]
        Row._write_verdicts(self, verdicts)
        named = [*filter(None, (self.message or "").split("\n")), *names.values()][:MOST_NAMED]
        self._set(
            {
                "position": rows[-1][0],
                "kept_count": self.kept_count + len(touched),
                "message": "\n".join(named),
            }
        )
        return len(rows)

    def _find_touched(self, leads):
        """Return those of the leads that somebody has worked with since they were created.

        What the system does by itself, such as handing out, reminding and planning, is no work of anybody.
        """
        if not leads:
            return leads
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id FROM crm_lead AS lead WHERE id IN %(ids)s AND (
                       funnel_was_edited
                    OR (write_date != create_date AND write_uid != %(system)s)
                    OR EXISTS (SELECT FROM funnel_move
                                WHERE lead_id = lead.id AND kind NOT IN ('created', 'automatic'))
                    OR EXISTS (SELECT FROM funnel_contact WHERE lead_id = lead.id)
                    OR EXISTS (SELECT FROM funnel_document WHERE lead_id = lead.id)
                    OR EXISTS (SELECT FROM funnel_task
                                WHERE lead_id = lead.id AND state NOT IN ('open', 'cancelled')
                                  AND user_id != %(system)s AND (user_id != lead.create_uid
                                      OR done_date > lead.create_date + interval '1 minute'))
                    OR EXISTS (SELECT FROM sale_order WHERE opportunity_id = lead.id)
                    OR EXISTS (SELECT FROM calendar_event WHERE opportunity_id = lead.id)
                    OR EXISTS (SELECT FROM ir_attachment
                                WHERE res_model = 'crm.lead' AND res_id = lead.id AND res_field IS NULL)
                    OR EXISTS (SELECT FROM mail_activity WHERE res_model = 'crm.lead' AND res_id = lead.id
                                  AND create_date > lead.create_date AND create_uid != %(system)s)
                    OR EXISTS (SELECT FROM mail_message WHERE model = 'crm.lead' AND res_id = lead.id
                                  AND message_type != 'user_notification' AND create_uid != %(system)s))
                """,
                ids=leads._ids,
                system=SUPERUSER_ID,
            )
        )
        return leads.browse(lead_id for (lead_id,) in rows)
