// Finds what the practice range plants, and nothing else. Known to practice devices only.
rule practice_threat
{
    meta:
        description = "This is the harmless practice threat that Assize planted itself."
        author = "Assize"
        verdict = "Malicious"
    strings:
        $marker = "assize practice range: harmless stand-in for a threat"
    condition:
        $marker
}

rule practice_oddity
{
    meta:
        description = "This is the harmless practice oddity that Assize planted itself; a person has to decide."
        author = "Assize"
        verdict = "Suspicious"
    strings:
        $marker = "assize practice range: harmless stand-in for something odd"
    condition:
        $marker
}
