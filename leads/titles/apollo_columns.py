"""Apollo's own opinion of a title: the columns `Seniority` and `Departments` of its export."""

from leads.titles.read import Title

#: Apollo's scale in ours.
_SENIORITIES = {
    "owner": "founder",
    "founder": "founder",
    "c suite": "c_suite",
    "partner": "director",
    "vp": "vp",
    "head": "head",
    "director": "director",
    "manager": "manager",
    "senior": "other",
    "entry": "other",
    "intern": "other",
}
#: Only departments that mean one function.
_FUNCTIONS = {
    "sales": "sales",
    "marketing": "marketing",
    "engineering & technical": "engineering",
    "design": "product",
    "product management": "product",
    "information technology": "it",
    "finance": "finance",
    "human resources": "hr",
    "legal": "legal",
    "operations": "operations",
    "support": "support",
    "customer service": "support",
}


def read_apollo(seniority: str, departments: str) -> Title:
    """Both in Leadgate's words, '' for what Apollo leaves open; the first department that means a
    function counts."""
    scale = seniority.strip().casefold().replace("-", " ").replace("_", " ")
    for department in departments.split(","):
        function = _FUNCTIONS.get(department.strip().casefold())
        if function:
            return Title(_SENIORITIES.get(scale, ""), function)
    return Title(_SENIORITIES.get(scale, ""), "")
