from collections import defaultdict
from copy import deepcopy

from lxml import etree
from odoo import api, models

from ..tools.options import OPTION_FIELDS, of_list

#: Up to so many choices stand side by side, to be chosen with one click.
MOST_BADGES = 4
#: What belongs to the place of a field in a form; the rest is how the field works, in a section as elsewhere.
PLACE_ATTRIBUTES = frozenset(
    {
        *("name", "id", "class", "style", "nolabel", "colspan", "placeholder", "help"),
        *("invisible", "required", "readonly", "groups"),
    }
)


class FunnelSectionViewMixin(models.AbstractModel):
    """The page *Card* of the lead's form: the sections of each funnel, and no page where a funnel has none."""

    _name = "funnel.section.view.mixin"
    _description = "Sections in the Form"

    @api.model
    def _add_sections_to_form(self, arch):
        """Fill the page *Card* of a form with the sections of all funnels, each shown in its own funnels only."""
        for page in arch.xpath("//page[@name='funnel_card']"):
            rules = self.env["crm.team"]._get_funnel_rules()
            if not rules.sections:
                page.getparent().remove(page)
                continue
            funnel_ids = sorted({funnel_id for section in rules.sections for funnel_id in section.funnel_ids})
            page.set("invisible", f"team_id not in {funnel_ids}")
            card = etree.SubElement(page, "group", name="funnel_sections")
            for section in rules.sections:
                names = [name for name in section.field_names if name in self._fields]
                if names:
                    group = etree.SubElement(
                        card,
                        "group",
                        name=f"funnel_section_{section.id}",
                        string=rules.text("funnel.section", section.id, self.env.lang),
                        invisible=f"team_id not in {list(section.funnel_ids)}",
                    )
                    for name in names:
                        self._add_field_to_section(arch, group, name)
            self._hide_what_sections_show(arch, rules.sections)

    @api.model
    def _hide_what_sections_show(self, arch, sections):
        """Show above the pages only what no section of the funnel shows: the first page begins higher up."""
        shown = defaultdict(set)
        for section in sections:
            for name in section.field_names:
                shown[name].update(section.funnel_ids)
        for group in arch.xpath("//group[@name='funnel']/group"):
            nodes = [node for node in group.iter("field") if node.get("invisible") not in ("1", "True")]
            for node in nodes:
                boxes = group.xpath(".//div[@name=$name]", name=f"{node.get('name')}_source")
                for item in (node, *boxes):
                    self._hide_in_funnels(item, shown.get(node.get("name")))

    @api.model
    def _hide_in_funnels(self, node, funnel_ids):
        if funnel_ids:
            self._add_modifier(node, "invisible", f"team_id in {sorted(funnel_ids)}")

    @api.model
    def _add_field_to_section(self, arch, group, name):
        field = self._fields[name]
        if field.type == "monetary":
            self._add_hidden_field(arch, field.get_currency_field(self))
        if name not in self._get_percent_fields():
            etree.SubElement(group, "field", name=name, **self._get_section_attributes(arch, field))
            # where an amount comes from is said wherever it stands
            for box in arch.xpath("//group[@name='funnel']//div[@name=$name]", name=f"{name}_source"):
                group.append(deepcopy(box))
            return
        etree.SubElement(group, "label", attrib={"for": name})
        box = etree.SubElement(group, "div", attrib={"class": "d-flex align-items-baseline"})
        etree.SubElement(box, "field", attrib={"name": name, "class": "o_funnel_percent me-1"})
        etree.SubElement(box, "span").text = "%"

    @api.model
    def _get_section_attributes(self, arch, field):
        """Return how a section shows a field: as the form does elsewhere, else by its type."""
        attributes = self._get_present_attributes(arch, field)
        if attributes is None:
            attributes = self._get_attributes_by_type(field)
        if field.name in OPTION_FIELDS:
            attributes["domain"] = f"{of_list(field.name)} + [('team_ids', 'in', [False, team_id])]"
        return attributes

    @api.model
    def _get_present_attributes(self, arch, field):
        """Return how the form shows a field already, None where it does not."""
        for node in arch.xpath("//field[@name=$name and not(ancestor::field)]", name=field.name):
            if node.get("invisible") not in ("1", "True") and node.get("readonly") not in ("1", "True"):
                return {key: value for key, value in node.items() if key not in PLACE_ATTRIBUTES}
        return None

    @api.model
    def _get_attributes_by_type(self, field):
        if field.type == "many2many":
            widget = "many2many_binary" if field.comodel_name == "ir.attachment" else "many2many_tags"
            return {"widget": widget, "options": "{'no_create': True}"}
        if field.type == "many2one":
            if field.comodel_name == "res.users":
                return {"widget": "many2one_avatar_user"}
            return {"options": "{'no_create': True, 'no_open': True}"}
        if field.type == "selection" and not field.readonly:
            few = len(self.fields_get([field.name], ["selection"])[field.name]["selection"]) <= MOST_BADGES
            return {"widget": "selection_badge", "options": "{'size': 'sm'}"} if few else {}
        return {}

    @api.model
    def _add_hidden_field(self, arch, name):
        """Let the web client read a field that another one needs."""
        if name and not arch.xpath("//field[@name=$name and not(ancestor::field)]", name=name):
            etree.SubElement(arch, "field", name=name, invisible="1")

    @api.model
    def _get_percent_fields(self):
        """Return the names of the fields whose numbers are percentages; the form shows the unit."""
        return frozenset({"preliminary_discount", "offered_discount", "contract_discount"})
