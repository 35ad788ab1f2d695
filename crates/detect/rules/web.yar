// Doors into a web server. Part of Assize, licensed like the program (Apache-2.0).

private rule php_code
{
    strings:
        $open = "<?php" nocase
        $short = "<?="
    condition:
        filesize < 2MB and ($open or $short)
}

rule web_shell_one_liner
{
    meta:
        author = "Assize"
        description = "The page runs whatever a visitor sends to it, and does nothing else: a web shell."
        confidence = "high"
    strings:
        $run = /\b(eval|assert|system|exec|shell_exec|passthru|popen|proc_open|pcntl_exec)[ \t]{0,4}\([ \t]{0,4}@?((base64_decode|stripslashes|urldecode|rawurldecode|gzinflate|str_rot13|trim)[ \t]{0,4}\([ \t]{0,4}){0,3}\$_(GET|POST|REQUEST|COOKIE)[ \t]{0,4}(\[|\{)/ nocase
        $tick = /`[ \t]{0,4}\$_(GET|POST|REQUEST|COOKIE)[ \t]{0,4}\[[^\]\n]{1,40}\][ \t]{0,4}`/ nocase
    condition:
        php_code and filesize < 1KB and any of them
}

rule web_shell_in_page
{
    meta:
        author = "Assize"
        description = "Somewhere in this page, what a visitor sends is run as a program."
        confidence = "low"
    strings:
        $run = /\b(eval|assert|system|shell_exec|passthru|popen|proc_open|pcntl_exec)[ \t]{0,4}\([ \t]{0,4}@?((base64_decode|stripslashes|urldecode|rawurldecode|gzinflate|str_rot13|trim)[ \t]{0,4}\([ \t]{0,4}){0,3}\$_(GET|POST|REQUEST|COOKIE)[ \t]{0,4}(\[|\{)/ nocase
        $tick = /`[ \t]{0,4}\$_(GET|POST|REQUEST|COOKIE)[ \t]{0,4}\[[^\]\n]{1,40}\][ \t]{0,4}`/ nocase
        $indirect = /\$_(GET|POST|REQUEST|COOKIE)[ \t]{0,4}\[[^\]\n]{1,40}\][ \t]{0,4}\([ \t]{0,4}\$_(GET|POST|REQUEST|COOKIE)[ \t]{0,4}\[/ nocase
    condition:
        php_code and filesize >= 1KB and any of them or php_code and $indirect
}

rule packed_php_code
{
    meta:
        author = "Assize"
        description = "The page unpacks hidden text and runs it as a program, which keeps others from reading what it does."
        confidence = "low"
    strings:
        $packed = /\b(eval|assert)[ \t]{0,4}\([ \t]{0,4}((gzinflate|gzuncompress|gzdecode|str_rot13|base64_decode|convert_uudecode|strrev)[ \t]{0,4}\([ \t]{0,4}){1,5}['"][A-Za-z0-9+\/=]{60}/ nocase
    condition:
        php_code and $packed
}

rule program_behind_image_header
{
    meta:
        author = "Assize"
        description = "The file begins like a picture, but a web server would run the program code behind that."
        confidence = "low"
    strings:
        $php = /<\?php[ \t\r\n]/ nocase
    condition:
        filesize < 2MB and (filetype == "GIF" or filetype == "PNG" or filetype == "JPG" or filetype == "BMP" or filetype == "WEBP") and
        (
            // Straight behind the header, or under a name that a web server runs.
            $php in (0..64) or
            ($php and (extension == ".php" or extension == ".phtml" or extension == ".phar" or extension == ".php5" or extension == ".php7" or extension == ".pht"))
        )
}

rule web_shell_behind_image_header
{
    meta:
        author = "Assize"
        description = "The file begins like a picture, but it runs whatever a visitor of the web site sends to it."
        confidence = "high"
    strings:
        $php = /<\?(php[ \t\r\n]|=)/ nocase
        $run = /\b(eval|assert|system|exec|shell_exec|passthru|popen|proc_open)[ \t]{0,4}\([ \t]{0,4}@?((base64_decode|stripslashes|urldecode|gzinflate|str_rot13)[ \t]{0,4}\([ \t]{0,4}){0,3}\$_(GET|POST|REQUEST|COOKIE)[ \t]{0,4}(\[|\{)/ nocase
    condition:
        filesize < 2MB and (filetype == "GIF" or filetype == "PNG" or filetype == "JPG" or filetype == "BMP" or filetype == "WEBP") and $php and $run
}

rule web_shell_java_page
{
    meta:
        author = "Assize"
        description = "The page starts a program that a visitor of the web site names: a web shell."
        confidence = "low"
    strings:
        $page = "<%"
        $run = /(getRuntime[ \t]{0,4}\([ \t]{0,4}\)[ \t\r\n]{0,8}\.[ \t]{0,4}exec|new[ \t]{1,4}ProcessBuilder)[ \t]{0,4}\(/
        $visitor = /request[ \t]{0,4}\.[ \t]{0,4}getParameter[ \t]{0,4}\(/
    condition:
        filesize < 200KB and (extension == ".jsp" or extension == ".jspx" or extension == ".jspf") and all of them
}
