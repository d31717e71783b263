from odoo import api, fields, models

#: What the address of a visit is made of, beside the street and the city that every lead has.
ADDRESS_FIELDS = (
    "address_house",
    "address_flat",
    "address_entrance",
    "address_floor",
    "address_intercom",
    "freight_lift",
)


class FunnelAddressMixin(models.AbstractModel):
    """Where somebody goes: the address of a visit to the last detail, and the place of installation."""

    _name = "funnel.address.mixin"
    _description = "Address of a Visit"

    address_house = fields.Char("House")
    address_flat = fields.Char("Flat")
    address_entrance = fields.Char("Entrance")
    address_floor = fields.Char("Floor")
    address_intercom = fields.Char("Intercom")
    freight_lift = fields.Selection([("yes", "Yes"), ("no", "No")], help="Empty: not answered.")
    visit_address = fields.Char(
        compute="_compute_visit_address",
        store=True,
        help="City, street and the rest of the address in one line, in the language of the head of the funnel.",
    )
    installation_address = fields.Char(
        tracking=True, help="Where the equipment will stand, when that is not the client's address."
    )

    @api.depends("team_id", "city", "street", "street2", *ADDRESS_FIELDS)
    def _compute_visit_address(self):
        """One line in one language, for it stands in calendars and chats that many people read."""
        for lang, leads in self.grouped(lambda lead: lead.team_id.user_id.lang or "en_US").items():
            env = self.with_context(lang=lang).env
            for lead in leads:
                parts = [
                    lead.city,
                    lead.street,
                    lead.street2,
                    lead.address_house and env._("house %s", lead.address_house),
                    lead.address_flat and env._("flat %s", lead.address_flat),
                    lead.address_entrance and env._("entrance %s", lead.address_entrance),
                    lead.address_floor and env._("floor %s", lead.address_floor),
                    lead.address_intercom and env._("intercom %s", lead.address_intercom),
                    lead.freight_lift == "yes" and env._("freight lift"),
                    lead.freight_lift == "no" and env._("no freight lift"),
                ]
                lead.visit_address = ", ".join(filter(None, parts)) or False

    def _merge_get_fields(self):
        return [*super()._merge_get_fields(), "installation_address", *ADDRESS_FIELDS]

    def _merge_get_fields_address(self):
        """House and flat come with the street they belong to, never from two leads."""
        names = [*super()._merge_get_fields_address(), *ADDRESS_FIELDS]
        fullest = max(self, key=lambda lead: sum(bool(lead[name]) for name in names))
        return {name: fullest[name] for name in names}
