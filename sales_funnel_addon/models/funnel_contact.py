from datetime import datetime, timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError

from ..tools.contacts import CONTACT_FACTS

#: By how much the clock of whoever notes an attempt may be fast.
CLOCK_TOLERANCE = timedelta(minutes=5)
#: Before that nobody noted anything; what counts from the beginning of time would never fall due.
EARLIEST = datetime(1970, 1, 1)


class FunnelContact(models.Model):
    """One attempt to reach the client of a lead: when, by whom, on which channel, and what came of it."""

    _name = "funnel.contact"
    _inherit = ["funnel.follows.lead.mixin"]
    _description = "Contact Attempt"
    _order = "date desc, id desc"
    _rec_name = "date"

    lead_id = fields.Many2one("crm.lead", required=True, index=True, ondelete="cascade")
    user_id = fields.Many2one("res.users", "By", default=lambda self: self.env.user, required=True, readonly=True)
    date = fields.Datetime(default=fields.Datetime.now, required=True)
    channel = fields.Selection(
        [("phone", "Phone"), ("whatsapp", "WhatsApp"), ("email", "Email"), ("meeting", "Meeting")],
        default="phone",
        required=True,
    )
    outcome = fields.Selection(
        [
            ("reached", "Reached"),
            ("no_answer", "No answer"),
            ("wrong_number", "Wrong number"),
            ("call_back", "Call back later"),
            ("attempted", "Attempted"),
        ],
        required=True,
        help="“Attempted”: a call or a message was made, and it is not known what came of it.",
    )
    note = fields.Char()

    @api.constrains("date")
    def _check_date(self):
        """An attempt has been made; one to come is an activity, and would count as "today" for years."""
        soon = fields.Datetime.now() + CLOCK_TOLERANCE
        if any(contact.date > soon for contact in self):
            raise ValidationError(self.env._("A contact attempt cannot lie in the future: plan an activity instead."))
        if any(contact.date < EARLIEST for contact in self):
            raise ValidationError(self.env._("A contact attempt cannot be that long ago: check the date."))

    @api.model_create_multi
    def create(self, vals_list):
        """Create attempts; one without an outcome was made, and nothing more is known of it."""
        contacts = super().create([{"outcome": "attempted", **vals} for vals in vals_list])
        contacts._check_author()
        contacts._follow_with_checklists(contacts.lead_id)
        contacts._follow_with_rhythm()
        return contacts

    def write(self, vals):
        self._check_author()
        leads = self.lead_id
        result = super().write(vals)
        if "user_id" in vals:
            self._check_author()
        if "lead_id" in vals:
            self.check_access("write")  # it may not go to a lead that they may not edit
        self._follow_with_checklists(leads | self.lead_id)
        return result

    def _follow_with_rhythm(self):
        """Plan the next contacts of those who are contacted in a rhythm and were reached."""
        days = {}
        rules = self.env["crm.team"]._get_funnel_rules()
        if rules.has_rhythm:
            for contact in self.filtered(lambda contact: contact.outcome == "reached"):
                lead = contact.lead_id
                day = rules.working_time(lead.team_id.id, lead.company_id.id).day_of(contact.date)
                days[lead.id] = max(day, days.get(lead.id, day))
        self.env["crm.lead"].browse(days)._note_rhythm_contacts(days)

    def unlink(self):
        leads = self.lead_id
        result = super().unlink()
        self._follow_with_checklists(leads)
        return result

    def _check_author(self):
        """Refuse attempts of somebody else, but from those who may write history: funnel managers."""
        if self.env.su or self.env.user.has_group("sales_funnel_addon.group_funnel_manager"):
            return
        if self.user_id - self.env.user:
            raise AccessError(self.env._("You can only note your own contact attempts."))

    @api.model
    def _follow_with_checklists(self, leads):
        """Tick the tasks that are done by an attempt, and let the reminders count from it.

        :param leads: the leads whose attempts have changed
        """
        leads._follow_with_tasks(CONTACT_FACTS)
        leads._follow_contacts()
