from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import SQL

#: What the leads of a list are counted as.
PARTS = ("refused", "junk", "converted", "waiting", "working", "archived", "moved")


class FunnelListCountMixin(models.AbstractModel):
    """What has become of the leads of a list: numbers that count all of them, whoever may see which lead."""

    _name = "funnel.list.count.mixin"
    _description = "Counters of a List"

    lead_count = fields.Integer("Leads in All", compute="_compute_counts")
    processed_count = fields.Integer("Processed", compute="_compute_counts", help="Refusals, junk and deals.")
    refused_count = fields.Integer("Refusals", compute="_compute_counts")
    junk_count = fields.Integer("Junk", compute="_compute_counts")
    converted_count = fields.Integer("Became Deals", compute="_compute_counts", help="Leads that have become deals.")
    waiting_count = fields.Integer("Not Handed Out", compute="_compute_counts", help="Leads that nobody has got yet.")
    working_count = fields.Integer(
        "In Work", compute="_compute_counts", help="Leads that somebody has got and not processed yet."
    )
    moved_count = fields.Integer("Moved Away", compute="_compute_counts", help="Leads that are in another list now.")
    conversion = fields.Float(
        "Conversion (%)",
        digits=(5, 1),
        compute="_compute_counts",
        help="How many of a hundred processed leads have become deals.",
    )
    reason_counts = fields.Json("Reasons Counted", compute="_compute_reason_counts")
    reason_table = fields.Html("Reasons so Far", compute="_compute_reason_table", sanitize=False)

    # not stored and without dependencies: they are read anew with each request, in one query for a whole screen
    def _compute_counts(self):
        counts = self._count_leads()
        for cold_list in self:
            found = counts[cold_list._origin.id]
            processed = found["refused"] + found["junk"] + found["converted"]
            cold_list.refused_count = found["refused"]
            cold_list.junk_count = found["junk"]
            cold_list.converted_count = found["converted"]
            cold_list.waiting_count = found["waiting"]
            cold_list.working_count = found["working"]
            cold_list.moved_count = found["moved"]
            cold_list.processed_count = processed
            cold_list.lead_count = processed + found["waiting"] + found["working"] + found["archived"]
            cold_list.conversion = 100 * found["converted"] / processed if processed else 0

    def _count_leads(self):
        """Return how many leads of each list there are of each part, in one query.

        :returns: numbers by the names in :data:`PARTS`, by list id
        """
        counts = defaultdict(lambda: dict.fromkeys(PARTS, 0))
        if not self.ids:
            return counts
        lead_fields = ["funnel_list_id", "funnel_list_outcome", "user_id", "active", "funnel_past_list_ids"]
        self.env["crm.lead"].flush_model(lead_fields)
        rows = self.env.execute_query(
            SQL(
                """SELECT funnel_list_id,
                          COALESCE(funnel_list_outcome, CASE WHEN NOT active THEN 'archived'
                                   WHEN user_id IS NULL THEN 'waiting' ELSE 'working' END) AS part,
                          COUNT(*)
                     FROM crm_lead WHERE funnel_list_id IN %(ids)s GROUP BY 1, 2
                    UNION ALL
                   SELECT past.list_id, 'moved', COUNT(*)
                     FROM crm_lead_past_list_rel AS past
                     JOIN crm_lead AS lead ON lead.id = past.lead_id
                      AND lead.funnel_list_id IS DISTINCT FROM past.list_id
                    WHERE past.list_id IN %(ids)s GROUP BY 1""",
                ids=tuple(self.ids),
            )
        )
        for list_id, part, count in rows:
            counts[list_id][part] = count
        return counts

    # ------------------------------------------------------------
    # REASONS
    # ------------------------------------------------------------

    @api.depends_context("lang")
    def _compute_reason_counts(self):
        Lead = self.env["crm.lead"].sudo().with_context(active_test=False)  # the list counts all its leads
        groups = Lead._read_group(
            [("funnel_list_id", "in", self.ids), ("funnel_list_outcome", "in", ("refused", "junk"))],
            ["funnel_list_id", "funnel_list_outcome", "lost_reason_id"],
            ["__count"],
        )
        counts = defaultdict(list)
        for cold_list, outcome, reason, count in sorted(groups, key=lambda group: -group[-1]):
            name = reason.name or self.env._("Without a reason")
            counts[cold_list.id].append({"reason": name, "is_junk": outcome == "junk", "count": count})
        for cold_list in self:
            cold_list.reason_counts = counts[cold_list._origin.id]

    @api.depends_context("lang")
    def _compute_reason_table(self):
        for cold_list in self:
            values = {"reasons": cold_list.reason_counts}
            qweb = self.env["ir.qweb"]
            table = values["reasons"] and qweb._render("sales_funnel_addon.funnel_list_reasons", values)
            cold_list.reason_table = table or False

    # ------------------------------------------------------------
    # DRILL DOWN
    # ------------------------------------------------------------

    def action_open_leads(self):
        """Open all leads of the list, also those that are closed."""
        domain = [("funnel_list_id", "=", self.id)]
        return self._open_leads(self.env._("Leads"), domain)

    def action_open_processed(self):
        """Open the leads of the list that have been processed."""
        domain = [("funnel_list_id", "=", self.id), ("funnel_list_outcome", "!=", False)]
        return self._open_leads(self.env._("Processed"), domain)

    def action_open_refused(self):
        """Open the leads of the list whose clients said no."""
        return self._open_outcome(self.env._("Refusals"), "refused")

    def action_open_junk(self):
        """Open the leads of the list that never were clients."""
        return self._open_outcome(self.env._("Junk"), "junk")

    def action_open_converted(self):
        """Open the deals that leads of the list have become."""
        return self._open_outcome(self.env._("Became Deals"), "converted")

    def action_open_waiting(self):
        """Open the leads of the list that nobody has got yet."""
        domain = [("active", "=", True), ("user_id", "=", False), ("funnel_list_outcome", "=", False)]
        domain += [("funnel_list_id", "=", self.id)]
        return self._open_leads(self.env._("Not Handed Out"), domain)

    def action_open_working(self):
        """Open the leads of the list that somebody is working on."""
        domain = [("active", "=", True), ("user_id", "!=", False), ("funnel_list_outcome", "=", False)]
        domain += [("funnel_list_id", "=", self.id)]
        return self._open_leads(self.env._("In Work"), domain)

    def action_open_moved(self):
        """Open the leads that have gone to another list."""
        domain = [("funnel_past_list_ids", "in", self.ids), ("funnel_list_id", "!=", self.id)]
        return self._open_leads(self.env._("Moved Away"), domain)

    def _open_outcome(self, title, outcome):
        domain = [("funnel_list_id", "=", self.id), ("funnel_list_outcome", "=", outcome)]
        return self._open_leads(title, domain)

    def _open_leads(self, title, domain):
        self.ensure_one()
        return {
            **self.env["ir.actions.actions"]._for_xml_id("sales_funnel_addon.funnel_list_lead_action"),
            "name": f"{self.name}: {title}",
            "domain": domain,
            "context": {"create": False, "active_test": False},
        }
