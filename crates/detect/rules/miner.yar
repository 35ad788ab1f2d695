// Somebody else's work on this computer's electricity. Part of Assize, licensed like the program (Apache-2.0).

rule coin_miner_settings
{
    meta:
        author = "Assize"
        description = "Settings of a program that earns digital coins for somebody with this computer's power."
        confidence = "low"
    strings:
        $pool = /stratum(\+(tcp|ssl|tls|udp))?:\/\/[^"'\s]{3,200}/
        $pools = /"pools"[ \t\r\n]{0,8}:/
        $user = /"(user|wallet)"[ \t\r\n]{0,8}:[ \t\r\n]{0,8}"[^"\n]{1,200}"/
        $donate = "\"donate-level\""
        $algorithm = /"(algo|coin)"[ \t\r\n]{0,8}:[ \t\r\n]{0,8}"(rx\/|cn\/|randomx|cryptonight|monero|argon2|kawpow|ghostrider)/ nocase
    condition:
        filesize < 64KB and $user and $pools and ($pool or ($donate and $algorithm))
}

rule coin_miner_started_by_script
{
    meta:
        author = "Assize"
        description = "The script starts a program that earns digital coins for somebody with this computer's power."
        confidence = "low"
    strings:
        $start = /\n[^#\n]{0,200}(-o|--url|-a[ \t]{1,4}[a-z0-9\/_-]{2,20}[ \t][^\n#]{0,40}-o)[ \t=]{1,4}['"]?stratum(\+(tcp|ssl|tls))?:\/\/[^\n]{1,200}[ \t](-u|--user)[ \t=]/
    condition:
        filesize < 64KB and uint16(0) == 0x2123 and $start
}
