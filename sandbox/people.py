"""Names and companies for the generator: unlike enough that nobody is taken for somebody else by
chance."""

FIRST = (
    "Amelia Bastian Carmen Dmitri Esther Fabian Gloria Hector Ingrid Jasper Katya Lorenzo Miriam Nikolai Ottavia Philip Quentin "
    "Rosalind Stefan Theodora Ulrich Valentina Wendell Xiomara Yusuf Zelda Adewale Brigitte Clement Dolores Edmund Freya Gustavo "
    "Harriet Ignacio Jolanta Kenneth Ludmila Marcel Nadia"
).split()
LAST = (
    "Abernathy Bjornstad Castellanos Drummond Eriksson Fitzgerald Grunwald Hollingsworth Ishikawa Jankowski Kowalczyk Lindqvist "
    "Montgomery Nakamura Oyelaran Papadakis Quigley Rutherford Schwarzkopf Tchaikovsky Underwood Vandermeer Whitlock Xanthopoulos "
    "Yamaguchi Zimmermann Ashworth Blumenfeld Cunningham Dziedzic Engelhardt Farquhar Goldschmidt Huffington Ivanovich Jorgensen"
).split()
HEADS = "bright cedar delta ember flint grove harbor iron jade karst lumen maple north onyx prism quartz river slate tidal umber vivid willow xenon yarrow zephyr".split()
TAILS = "forge works point line stack field bridge wave nest mark gate yard loop craft port".split()
#: A given name and its short form, which begins with another letter.
SHORT_FORMS = (
    ("Robert", "Bob"),
    ("William", "Bill"),
    ("Margaret", "Peggy"),
    ("Aleksandra", "Sasha"),
    ("Francisco", "Paco"),
)
HIGH_TITLES = (
    "VP Sales",
    "Vice President, Marketing",
    "VP of Operations",
    "Chief Revenue Officer",
    "VP Engineering",
)
LOW_TITLES = (
    "Sales Manager",
    "Office Manager",
    "Marketing Specialist",
    "Account Manager",
    "Support Manager",
)
