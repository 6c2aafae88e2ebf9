# What is left in the memory of a process after Lock-PasspackVault.
BeforeAll {
    . $PSScriptRoot/Common.ps1
}

Describe 'After Lock-PasspackVault' {
    It 'no copy of the Packing Key is in the process, in UTF-8 or UTF-16' -Tag 'needs /proc/self/mem, which Linux alone has' -Skip:(-not $IsLinux) {
        # In a process of its own. The key stands nowhere: neither in the script nor in the arguments; each character is made of its number.
        $found = Invoke-Fresh @'
            Add-Type -TypeDefinition @"
                using System; using System.IO; using System.Security;
                public static class Memory
                {
                    const int Length = 48;
                    // Not the key itself, and so not found.
                    static int At(int i) { return ("kfyqzbtwrxmdgnhc"[(i * 7 + i / 3) % 16] + i % 3) ^ 0x80; }
                    public static SecureString Key() { var key = new SecureString(); for (int i = 0; i < Length; i++) key.AppendChar((char)(At(i) ^ 0x80)); return key; }
                    public static int Count()
                    {
                        int found = 0;
                        byte[] buffer = new byte[1 << 20];
                        using (var memory = new FileStream("/proc/self/mem", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 0))
                        {
                            foreach (string line in File.ReadAllLines("/proc/self/maps"))
                            {
                                string[] fields = line.Split(' '), range = fields[0].Split('-');
                                if (fields[1][0] != 'r' || fields[1][1] != 'w') continue;
                                long end = Convert.ToInt64(range[1], 16);
                                for (long from = Convert.ToInt64(range[0], 16); from < end; from += buffer.Length - 2 * Length)
                                {
                                    int read;
                                    try { memory.Position = from; read = memory.Read(buffer, 0, (int)Math.Min(buffer.Length, end - from)); } catch (IOException) { break; }
                                    for (int i = 0; (i = Array.IndexOf(buffer, (byte)(At(0) ^ 0x80), i, read - i)) >= 0; i++) if (Is(buffer, i, read, 1) || Is(buffer, i, read, 2)) found++;
                                    if (read < buffer.Length) break;
                                }
                            }
                        }
                        Array.Clear(buffer, 0, buffer.Length);
                        return found;
                    }
                    static bool Is(byte[] bytes, int at, int end, int width)
                    {
                        if (at + Length * width > end) return false;
                        for (int i = 0; i < Length; i++) if ((bytes[at + i * width] ^ 0x80) != At(i) || (width == 2 && bytes[at + i * 2 + 1] != 0)) return false;
                        return true;
                    }
                }
"@
            Import-Module $ModulePath
            $key = [Memory]::Key()
            "while it is given: $([Memory]::Count() -gt 0)"
            $null = New-PasspackLocalAccount -UserId anna -PackingKey $key
            Lock-PasspackVault -All
            $null = Unlock-PasspackVault -Account anna -PackingKey $key
            $null = New-PasspackEntry -Name one
            $key.Dispose()
            Lock-PasspackVault -All
            "afterwards: $([Memory]::Count())"
'@
        $found | Should -Be 'while it is given: True', 'afterwards: 0'
    }
}
