"""The lists of choices on the card of a deal: what they are called, and which fields offer them."""

OPTION_KINDS = [
    ("deal_type", "Type of deal"),
    ("product_type", "Type of product"),
    ("client_status", "Status of the client"),
    ("general_need", "General need"),
    ("key_need", "Key need"),
    ("equipment_category", "Category of equipment"),
    ("customer_kind", "Kind of customer"),
    ("supply_preference", "Preferred supply"),
]
#: Which choices the fields of leads offer; contacts have two of the same fields.
OPTION_FIELDS = {
    "deal_type_id": "deal_type",
    "product_type_id": "product_type",
    "client_status_id": "client_status",
    "general_need_ids": "general_need",
    "key_need_ids": "key_need",
    "equipment_category_ids": "equipment_category",
    "customer_kind_id": "customer_kind",
    "supply_preference_id": "supply_preference",
}


def of_list(field_name):
    """Return the domain of a field that offers the choices of its list; dialogs narrow it down to a funnel.

    >>> of_list("key_need_ids")
    [('kind', '=', 'key_need')]
    """
    return [("kind", "=", OPTION_FIELDS[field_name])]
