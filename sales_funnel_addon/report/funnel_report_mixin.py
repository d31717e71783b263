from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

#: Models with few records: groups by them are put into order after they are counted.
SHORT_MODELS = frozenset(
    {
        *("crm.team", "crm.stage", "crm.lost.reason", "res.users", "utm.source", "utm.medium", "utm.campaign"),
        *("funnel.list", "funnel.reminder", "funnel.refusal.cause", "funnel.option"),
    }
)


class FunnelReportMixin(models.AbstractModel):
    """A report with one row per fact about a lead; whoever may read the lead may read its rows."""

    _name = "funnel.report.mixin"
    _inherit = ["funnel.follows.lead.mixin"]
    _description = "Report on Leads"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "lead_id"

    lead_id = fields.Many2one("crm.lead", readonly=True)

    @property
    def _table_query(self):
        return SQL("SELECT %s FROM %s WHERE %s", self._select(), self._from(), self._where())

    def _select(self):
        raise NotImplementedError

    def _from(self):
        raise NotImplementedError

    def _where(self):
        return SQL("TRUE")

    def _read_group_orderby(self, order, groupby_terms, query):
        """Put groups into order after they are counted.

        Odoo joins what they are ordered by to every row and groups by it as well: names and sequences for a million
        rows, and so many keys that PostgreSQL sorts all rows instead of hashing them.
        """
        parts = [part.strip() for part in (order or "").split(",")]
        if not any(map(self._get_short_field, parts)):
            return super()._read_group_orderby(order, groupby_terms, query)
        terms = []
        for part in parts:
            field = self._get_short_field(part)
            if field and field.name in groupby_terms:
                Comodel = self.env[field.comodel_name].sudo().with_context(active_test=False)  # the order, no content
                ranked = SQL("ARRAY(%s)", Comodel._search([], order=Comodel._order).select())
                direction = SQL("DESC") if part.lower().endswith(" desc") else SQL("ASC")
                terms.append(SQL("array_position(%s, %s) %s", ranked, groupby_terms[field.name], direction))
            else:
                terms.append(super()._read_group_orderby(part, groupby_terms, query))
        return SQL(", ").join(terms)

    def _get_short_field(self, order_part):
        """Return the field by which a part of an order asks for records of one of :data:`SHORT_MODELS`, or None."""
        name, _space, direction = order_part.partition(" ")
        field = self._fields.get(name)
        is_short = field and field.type == "many2one" and field.comodel_name in SHORT_MODELS
        return field if is_short and direction.strip().lower() in ("", "asc", "desc") else None

    @api.model
    def _get_follow_domain(self):
        """Whoever may read every lead there is need not have each of a million rows looked up."""
        return Domain.TRUE if self._is_open_to_reader() else super()._get_follow_domain()

    def _is_open_to_reader(self):
        """Tell whether the record rules let this user read all leads of all companies."""
        rules = self.env["ir.rule"]._compute_domain("crm.lead", "read")
        # the companies of other people count as well: there must be none that is closed to this user
        everywhere = {False, *self.env["res.company"].sudo().with_context(active_test=False).search([])._ids}

        def open_company(condition):
            is_open = condition.field_expr == "company_id" and condition.operator == "in"
            return Domain.TRUE if is_open and everywhere.issubset(condition.value) else condition

        lead_rules = Domain(rules).optimize(self.env["crm.lead"]).map_conditions(open_company)
        return lead_rules.optimize(self.env["crm.lead"]).is_true() and self.env["crm.lead"].has_access("read")

    def action_open_lead(self):
        """Open the lead of the row."""
        return self.lead_id.get_formview_action()
