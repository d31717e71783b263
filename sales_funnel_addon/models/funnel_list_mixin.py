from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.lead_moves import LeadState

#: What the engine says of a lead of a list; nobody else writes it.
LIST_FACTS = frozenset({"funnel_list_outcome", "funnel_past_list_ids"})


class FunnelListMixin(models.AbstractModel):
    """The list that a lead belongs to, and what has become of it there."""

    _name = "funnel.list.mixin"
    _description = "Lead of a List"

    funnel_list_id = fields.Many2one(
        "funnel.list",
        "Cold List",
        ondelete="restrict",
        tracking=True,
        copy=False,
        check_company=True,
        help="The imported base or the campaign that the lead came with.",
    )
    funnel_list_outcome = fields.Selection(
        [("refused", "Refusal"), ("junk", "Junk"), ("converted", "Became a deal")],
        "Outcome in the List",
        readonly=True,
        copy=False,
        help="What has become of the lead: empty until it is lost or becomes a deal. Once it is a deal it counts as "
        "converted, whatever becomes of the deal.",
    )
    funnel_past_list_ids = fields.Many2many(
        "funnel.list",
        "crm_lead_past_list_rel",
        "lead_id",
        "list_id",
        string="Earlier Lists",
        readonly=True,
        copy=False,
        help="The lists from which the lead was moved to another one.",
    )
    funnel_list_audience = fields.Char(related="funnel_list_id.audience", string="Audience")
    funnel_list_product_id = fields.Many2one(related="funnel_list_id.product_id", string="Offered Product")
    funnel_list_state = fields.Selection(related="funnel_list_id.state", string="State of the List")

    _funnel_list = models.Index(
        "(funnel_list_id, funnel_list_outcome, user_id, active) WHERE funnel_list_id IS NOT NULL"
    )

    # ------------------------------------------------------------
    # NEW LEADS
    # ------------------------------------------------------------

    @api.model
    def _join_lists(self, vals_list):
        """Return the values of new leads with what comes from their lists.

        Who names no list gets the running list of the campaign. The list gives its funnel, source and campaign, and
        hands the lead out unless somebody is named.
        """
        defaults = self.default_get(["funnel_list_id", "campaign_id"])
        campaign_ids = {vals.get("campaign_id", defaults.get("campaign_id")) for vals in vals_list} - {False, None}
        running = self._find_running_lists(campaign_ids) if campaign_ids else {}
        joined = []
        for vals in vals_list:
            list_id = vals.get("funnel_list_id", defaults.get("funnel_list_id"))
            if not list_id and "funnel_list_id" not in vals and running:
                campaign_id = vals.get("campaign_id", defaults.get("campaign_id"))
                list_id = self._choose_list(running.get(campaign_id, ()), vals).id
            cold_list = self.env["funnel.list"].sudo()  # who may not see the list is refused in the end
            joined.append((vals, cold_list.browse(list_id) if isinstance(list_id, int) and list_id else cold_list))
        self.env["funnel.list"].sudo().union(*(cold_list for _vals, cold_list in joined)).exists().fetch(
            ["team_id", "source_id", "campaign_id"]
        )
        return [self._prepare_list_values(vals, cold_list) if cold_list else vals for vals, cold_list in joined]

    @api.model
    def _find_running_lists(self, campaign_ids):
        """Return the lists that take the leads of campaigns, the newest first, by campaign id."""
        # a visitor of the website who brings a lead may not read lists
        lists = self.env["funnel.list"].sudo()
        found = lists.search(
            [("campaign_id", "in", list(campaign_ids)), ("kind", "=", "campaign"), ("state", "!=", "paused")]
        )
        return {campaign.id: own for campaign, own in found.grouped("campaign_id").items()}

    @api.model
    def _choose_list(self, lists, vals):
        """Return that of the running lists of a campaign to which a new lead belongs, none if none fits."""
        found = self.env["funnel.list"]
        funnels = self.env["crm.team"]._get_funnel_rules().funnels
        team_id = vals.get("team_id", self.env.context.get("default_team_id"))
        company_id = vals.get("company_id") or self.env.company.id
        lead_type = vals.get("type") or self.env.context.get("default_type")
        if lead_type == "opportunity":
            return found
        if team_id and lead_type != "lead" and not (team_id in funnels and funnels[team_id].kind == "lead"):
            return found
        fitting = [one for one in lists if one.company_id.id in (False, company_id)]
        return next((one for one in fitting if one.team_id.id == team_id), fitting[0] if fitting else found)

    @api.model
    def _prepare_list_values(self, vals, cold_list):
        """Fill in what a new lead gets from its list."""
        context = self.env.context
        filled = {**vals, "funnel_list_id": cold_list.id}
        if not vals.get("team_id", context.get("default_team_id")):
            filled["team_id"] = cold_list.team_id.id
        if "user_id" not in vals and "default_user_id" not in context:
            filled["user_id"] = False
        for name in ("source_id", "campaign_id"):
            if cold_list[name] and not vals.get(name):
                filled[name] = cold_list[name].id
        return filled

    # ------------------------------------------------------------
    # ORM
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        leads = super().create(vals_list)
        listed = leads.filtered("funnel_list_id")
        if listed:
            listed._check_lists_readable(listed.sudo().funnel_list_id.ids)
            listed._check_takes_part({lead.id: (False, False, False) for lead in listed})
        return leads

    @api.model
    def _add_missing_default_values(self, values):
        # also what comes as a default, from the context or from the user's own ones
        values = super()._add_missing_default_values(values)
        return {name: value for name, value in values.items() if name not in LIST_FACTS}

    def write(self, vals):
        if not LIST_FACTS.isdisjoint(vals):
            vals = {name: value for name, value in vals.items() if name not in LIST_FACTS}
        if not self or vals.keys().isdisjoint({"funnel_list_id", "user_id", "type"}):
            return super().write(vals)
        before = {lead.id: (lead.funnel_list_id.id, lead.user_id.id, lead.type) for lead in self.sudo()}
        if "funnel_list_id" in vals:
            self._check_may_change_list(vals["funnel_list_id"])
        result = super().write(vals)
        self._check_takes_part(before)
        if "funnel_list_id" in vals:
            former = self.env["funnel.list"].browse({list_id for list_id, *_rest in before.values() if list_id})
            self.sudo()._sync_list_outcomes(former)
            self.funnel_list_id._ask_for_hand_out()
        return result

    def copy_data(self, default=None):
        """A copy is no lead of the list, whatever campaign it has."""
        return [{"funnel_list_id": False, **vals} for vals in super().copy_data(default)]

    @api.model
    def _check_lists_readable(self, list_ids):
        """Refuse lists that the user may not see: somebody may name any id."""
        self.env["funnel.list"].browse(list_ids).check_access("read")

    def _check_may_change_list(self, list_id):
        """Refuse to take leads out of their list, or to put them into one, past the dialog that keeps track of it."""
        gate_pass = self._get_gate_pass()
        changed = self.filtered(lambda lead: lead.sudo().funnel_list_id.id != list_id)
        if self.env.su or not changed or (gate_pass and gate_pass.begins_anew):
            return
        self._check_lists_readable({list_id} - {False, None})
        is_manager = self.env.user.has_group("sales_funnel_addon.group_funnel_manager")
        refused = changed.filtered(lambda lead: not (is_manager or lead.funnel_can_override))
        if refused:
            raise AccessError(
                self.env._(
                    "Only the head of the funnel or a funnel manager changes the list of a lead: %s. Use the button "
                    "Move to Another List.",
                    ", ".join(refused.mapped("display_name")),
                )
            )

    def _check_takes_part(self, before):
        """Refuse deals that come into a list, and salespeople for leads that wait in a paused one.

        Nor does a lead that waits become a deal, or get a salesperson while it is lost: either could be taken then.

        :param dict before: the list, the salesperson (ids) and the type that each lead had, by lead id
        """
        for lead in self.sudo().filtered("funnel_list_id"):  # the list counts, whoever may see it
            cold_list, (list_id, user_id, lead_type) = lead.funnel_list_id, before[lead.id]
            if lead.type == "opportunity" and list_id != cold_list.id:
                raise ValidationError(
                    self.env._(
                        "“%(lead)s” is a deal: only leads come into the list “%(list)s”.",
                        lead=lead.name,
                        list=cold_list.name,
                    )
                )
            is_taken = lead.user_id and lead.funnel_list_outcome != "converted"
            is_taken = is_taken or (lead.type == "opportunity" and lead_type == "lead")
            if cold_list.state == "paused" and is_taken and not user_id and list_id in (False, cold_list.id):
                raise UserError(lead._describe_paused_list())

    def _describe_paused_list(self):
        return self.env._(
            "“%(lead)s” waits in the list “%(list)s”, which is paused: nobody gets leads of it until the head of sales "
            "resumes it.",
            lead=self.name,
            list=self.funnel_list_id.name,
        )

    # ------------------------------------------------------------
    # OUTCOMES
    # ------------------------------------------------------------

    def _follow_with_lists(self, before):
        """Let the lists follow what a write or a creation has done to these leads.

        :param dict before: the states before, by lead id; a lead without one is new
        """
        leads = self.sudo().filtered(lambda lead: lead.funnel_list_id or lead.funnel_list_outcome)
        if not leads:
            return
        leads._sync_list_outcomes()
        freed = leads.filtered(
            lambda lead: not lead.user_id and (lead.id not in before or before.get(lead.id, LeadState()).user_id)
        )
        freed.funnel_list_id._ask_for_hand_out()

    def _sync_list_outcomes(self, former=None):
        """Say of leads, which are read as superuser, what has become of them in their lists, and let the lists follow.

        :param former: lists that leads have just left
        """
        outcomes = {lead.id: lead._get_list_outcome() for lead in self}
        changed = self.filtered(lambda lead: (lead.funnel_list_outcome or False) != outcomes[lead.id])
        if changed:
            rows = SQL(", ").join(SQL("(%s, %s)", lead.id, outcomes[lead.id] or None) for lead in changed)
            self.env.cr.execute(
                SQL(
                    """UPDATE crm_lead SET funnel_list_outcome = new.outcome
                         FROM (VALUES %s) AS new (id, outcome) WHERE crm_lead.id = new.id""",
                    rows,
                )
            )
            changed.invalidate_recordset(["funnel_list_outcome"], flush=False)
        lists = changed.funnel_list_id | (former or self.env["funnel.list"])
        lists._follow_outcomes()
        changed.funnel_list_id._ask_for_hand_out()

    def _get_list_outcome(self):
        """Return what has become of this lead in its list, False as long as it is not processed."""
        if not self.funnel_list_id:
            return False
        if self.type == "opportunity" or self.won_status == "won":
            return "converted"
        if self.won_status != "lost":
            return False
        return "junk" if self.lost_reason_id.category == "junk" else "refused"

    # ------------------------------------------------------------
    # MERGE
    # ------------------------------------------------------------

    def _merge_dependences(self, opportunities):
        """The merged lead belongs to the list of any of them; merging is no way to take a lead of a paused list."""
        leads = (self + opportunities).sudo()  # the lists count all leads
        waiting = leads.filtered(
            lambda lead: lead.funnel_list_id.state == "paused" and not lead.user_id and not lead.funnel_list_outcome
        )
        if waiting and leads.user_id:
            raise UserError(waiting[0]._describe_paused_list())
        result = super()._merge_dependences(opportunities)
        lists = opportunities.sudo().funnel_list_id
        if lists and not self.sudo().funnel_list_id:
            leads[0]._take_over_list(lists[0])
        past = leads.funnel_past_list_ids
        leads[0]._note_past_lists({(self.id, past_list.id) for past_list in past})
        return result

    def _take_over_list(self, cold_list):
        """Make this lead one of a list, although it may be a deal already: the client came with the list as well."""
        self.flush_recordset(["funnel_list_id"])
        self.env.cr.execute(SQL("UPDATE crm_lead SET funnel_list_id = %s WHERE id = %s", cold_list.id, self.id))
        self.invalidate_recordset(["funnel_list_id"], flush=False)

    def _note_past_lists(self, pairs):
        """Keep from which lists leads have gone.

        :param pairs: pairs of the ids of a lead and a list
        """
        if pairs:
            values = SQL(", ").join(SQL("(%s, %s)", *pair) for pair in sorted(pairs))
            self.env.cr.execute(
                SQL("INSERT INTO crm_lead_past_list_rel (lead_id, list_id) VALUES %s ON CONFLICT DO NOTHING", values)
            )
            self.env["crm.lead"].invalidate_model(["funnel_past_list_ids"], flush=False)

    @api.model
    def _sync_outcomes_of_reasons(self, reasons):
        """Count the losses for reasons whose category has changed anew."""
        Lead = self.sudo().with_context(active_test=False)  # all losses, whoever may see them
        domain = Domain("lost_reason_id", "in", reasons.ids) & Domain("funnel_list_id", "!=", False)
        Lead.search(domain)._sync_list_outcomes()
