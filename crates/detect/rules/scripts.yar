// Scripts that hand this computer to somebody else. Part of Assize, licensed like the program (Apache-2.0).
// Every pattern that looks at a line leaves out what stands behind a comment sign.

rule reverse_shell_in_script
{
    meta:
        author = "Assize"
        description = "The script opens a connection to another computer and lets it type commands here."
        confidence = "low"
    strings:
        $interactive = /\n[^#\n]{0,200}\b(ba|z|k|da|a)?sh[ \t]{1,8}-i[ \t]{0,8}[0-9]?(>&|&>|>)[ \t]{0,8}\/dev\/(tcp|udp)\//
        $descriptor = /\n[^#\n]{0,200}\bexec[ \t]{1,8}[0-9]{1,3}<>[ \t]{0,8}\/dev\/(tcp|udp)\//
        $netcat = /\n[^#\n]{0,200}\b(nc|ncat|netcat)(\.traditional|\.openbsd)?[ \t][^\n#|;]{0,120}-(e|c)[ \t]{0,8}['"]?(\/usr)?(\/bin\/)?(ba|da|z|k|a)?sh\b/
        $fifo = /\n[^#\n]{0,200}\bmkfifo[ \t][^\n]{1,120}[;&\n][^#]{0,200}\|[ \t]{0,8}(\/bin\/)?(ba|da|a)?sh[ \t]{1,8}-i[^\n]{0,80}\|[ \t]{0,8}(nc|ncat|netcat|telnet|openssl)\b/
        $socat = /\n[^#\n]{0,200}\bsocat\b[^\n]{0,160}exec:['"]?(\/bin\/)?(ba|da)?sh/ nocase
        $python = /socket\.socket\([^\n]{0,400}\bdup2\([^\n]{0,400}(\/bin\/(ba|da)?sh|pty\.spawn|subprocess)/
        $python_connect = /\.connect\(\(['"][^'"\n]{1,100}['"],[ \t]{0,4}[0-9]{1,5}\)\)/
        $python_dup = /os\.dup2\([a-z_]{1,20}\.fileno\(\),[ \t]{0,4}[0-2]\)/
        $perl = /socket\([A-Z]{1,10},[ \t]{0,4}PF_INET[^#]{0,400}open\(STD(IN|OUT|ERR),[ \t]{0,4}['"]>?&/
        $ruby = /TCPSocket\.(new|open)\([^\n]{1,200}(exec|spawn)[^\n]{1,40}\/bin\/(ba|da)?sh/
    condition:
        filesize < 256KB and
        (uint16(0) == 0x2123 or extension == ".sh" or extension == ".bash" or extension == ".py" or extension == ".pl" or extension == ".rb" or extension == ".cgi") and
        ($interactive or $descriptor or $netcat or $fifo or $socat or $python or $perl or $ruby or ($python_connect and #python_dup >= 2))
}

rule download_from_bare_address_run_at_once
{
    meta:
        author = "Assize"
        description = "The script downloads a program from a bare network address and runs it without looking at it."
        confidence = "low"
    strings:
        $piped = /\n[^#\n]{0,200}\b(curl|wget)[ \t][^\n|;&]{0,200}http:\/\/[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}[^\n|;]{0,200}\|[ \t]{0,8}(sudo[ \t]{1,4})?(\/usr)?(\/bin\/)?(ba|da|z|k|a)?sh\b/
        $substituted = /\n[^#\n]{0,200}(<\(|\$\()[ \t]{0,4}(curl|wget)[ \t][^\n|;&]{0,200}http:\/\/[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}/
        $shell = /\b(eval|source|(ba|da|z|k|a)?sh)[ \t]{1,8}(-c[ \t]{1,4})?['"]?(<\(|\$\()[ \t]{0,4}(curl|wget)\b/
    condition:
        filesize < 256KB and (uint16(0) == 0x2123 or extension == ".sh") and ($piped or ($substituted and $shell))
}

rule encoded_payload_run_by_script
{
    meta:
        author = "Assize"
        description = "The script unpacks hidden text and runs it as a program, which keeps others from reading what it does."
        confidence = "low"
    strings:
        $shell = /\n[^#\n]{0,200}\b(echo|printf)[ \t][^\n]{0,20}['"]?[A-Za-z0-9+\/=]{60,8000}['"]?[ \t]{0,8}\|[ \t]{0,8}(base64|openssl)[ \t][^\n|]{0,40}\|[ \t]{0,8}(sudo[ \t]{1,4})?(\/usr)?(\/bin\/)?(ba|da|z|k|a)?sh\b/
        $eval = /\n[^#\n]{0,200}\beval[ \t]{1,8}['"]?(\$\(|`)[ \t]{0,4}(echo|printf)[ \t][^\n]{0,20}[A-Za-z0-9+\/=]{60,8000}['"]?[ \t]{0,8}\|[ \t]{0,8}(base64|openssl)\b/
        $python = /\n[^#\n]{0,80}\bexec\([ \t]{0,4}((zlib|bz2|lzma|gzip)\.decompress\()?(base64\.|__import__\(['"]base64['"]\)\.)b64decode\([ \t]{0,4}b?['"][A-Za-z0-9+\/=]{60}/
        $perl = /\n[^#\n]{0,80}\beval[ \t(]{1,4}(MIME::Base64::)?decode_base64\([ \t]{0,4}['"][A-Za-z0-9+\/=]{60}/
    condition:
        filesize < 2MB and (uint16(0) == 0x2123 or extension == ".sh" or extension == ".py" or extension == ".pl") and any of them
}
