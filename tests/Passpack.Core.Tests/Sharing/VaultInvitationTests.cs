using Passpack.Protocol;
using Passpack.Protocol.Sharing;
using Passpack.Sharing;

namespace Passpack.Core.Tests.Sharing;

/// <summary>Invitations to a shared vault: their text, and what an answer proves. Against another implementation (Vectors/sharing.py).</summary>
public sealed class VaultInvitationTests
{
    private static readonly InvitationVector s_vector = TestVectors.Load<InvitationFile>("sharing.json").Invitation;
    private static readonly DateTimeOffset s_expires = DateTimeOffset.FromUnixTimeMilliseconds(s_vector.Expires);

    [Fact]
    public void Text_id_proof_and_answer_are_those_of_the_vectors()
    {
        using VaultInvitation invitation = VaultInvitation.Parse($" {s_vector.Text}\r\n");
        Assert.Equal((s_vector.Server, "anna@example.com", Person.Anna.Fingerprint, s_expires, s_vector.Id),
            (invitation.Server, invitation.InviterUserId, invitation.Inviter, invitation.Expires, invitation.Id));
        Assert.Equal(s_vector.Text, invitation.ToText());
        Assert.Equal(s_vector.Registration, invitation.RegistrationProof().Span);
        Assert.Equal(s_vector.Answer, Answer(invitation, Person.Bob).ToBytes());
        Assert.Equal(AnswerFault.None, invitation.Judge(Read(s_vector.Answer), " Bob@example.com", s_expires));
        Assert.Equal(AnswerFault.SignatureInvalid, invitation.Judge(Read(s_vector.AsStatement), "bob@example.com", s_expires));
    }

    [Fact]
    public void An_answer_adds_only_who_was_invited_had_the_text_and_came_in_time()
    {
        using VaultInvitation invitation = Invite(Person.Anna), second = Invite(Person.Anna);
        InvitationAnswer sound = Answer(invitation, Person.Bob);
        DateTimeOffset now = invitation.Expires;
        Assert.Equal(AnswerFault.None, invitation.Judge(sound, "bob@example.com", now));
        Assert.Equal(AnswerFault.Expired, invitation.Judge(sound, "bob@example.com", now.AddMilliseconds(1)));
        Assert.Equal(AnswerFault.OtherUser, invitation.Judge(sound, "carl@example.com", now));
        // Carl read the text; so he can answer, but not as Bob.
        Assert.Equal(AnswerFault.OtherUser, invitation.Judge(Answer(invitation, Person.Carl), "bob@example.com", now));
        // The server has no text: whatever it makes up, and whatever it has of another invitation.
        Assert.Equal(AnswerFault.OtherInvitation, invitation.Judge(Answer(second, Person.Bob), "bob@example.com", now));
        Assert.Equal(AnswerFault.MacInvalid, invitation.Judge(Signed(Person.Dora, sound with { Identity = Person.Dora.Identity }), "dora@example.com", now));
        Assert.Equal(AnswerFault.OtherInvitation, invitation.Judge(Signed(Person.Bob, sound with { Expires = now.AddDays(1) }), "bob@example.com", now));
        Assert.Equal(AnswerFault.OtherInvitation, invitation.Judge(Signed(Person.Bob, sound with { Inviter = Person.Carl.Fingerprint }), "bob@example.com", now));
        Assert.Equal(AnswerFault.SignatureInvalid, invitation.Judge(Signed(Person.Dora, sound), "bob@example.com", now));
        Assert.NotEqual(invitation.Id, second.Id);
        Assert.True(sound.IsSigned);
    }

    [Fact]
    public void A_text_that_lost_or_changed_a_character_is_refused_without_a_word_of_it()
    {
        for (int i = 0; i < s_vector.Text.Length; i++)
        {
            Refused(s_vector.Text[..i]);
            Refused(s_vector.Text.Remove(i, 1));
            Refused(s_vector.Text[..i] + (s_vector.Text[i] == 'A' ? 'B' : 'A') + s_vector.Text[(i + 1)..]);
            // Around it white space is none of it.
            if (i > 0)
                Refused(s_vector.Text[..i] + " " + s_vector.Text[i..]);
        }

        Refused(s_vector.Text + "=");
        Refused(s_vector.Text.Replace("#1#", "#2#", StringComparison.Ordinal));
        Refused("passpack-invitation#1#" + new string('A', 5000) + "#AAAAAAAAAAA");
        Refused("");

        static void Refused(string text)
        {
            PasspackException refused = Assert.Throws<PasspackException>(() => VaultInvitation.Parse(text));
            Assert.Equal(ErrorCodes.InvitationInvalid, refused.ErrorId);
            Assert.DoesNotContain(s_vector.Text[40..60], refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Of_an_answer_no_part_is_read_and_no_other_bit_judged_sound()
    {
        using VaultInvitation invitation = VaultInvitation.Parse(s_vector.Text);
        for (int length = 0; length < s_vector.Answer.Length; length += 7)
            Assert.False(InvitationAnswer.TryRead(s_vector.Answer.AsSpan(..length), out _, out _));
        Assert.False(InvitationAnswer.TryRead([.. s_vector.Answer, 0], out _, out _));
        for (int bit = 0; bit < s_vector.Answer.Length * 8; bit += bit < 600 ? 1 : 97)
        {
            byte[] altered = [.. s_vector.Answer];
            altered[bit / 8] ^= (byte)(1 << (bit % 8));
            if (InvitationAnswer.TryRead(altered, out InvitationAnswer? read, out string? fault))
                Assert.NotEqual(AnswerFault.None, invitation.Judge(read, "bob@example.com", s_expires));
            else
                Assert.Matches("^(has|is) ", fault);
        }
    }

    private static VaultInvitation Invite(Person inviter) => VaultInvitation.Create("https://passpack.example.com/", inviter.Identity, Logs.Time.AddDays(7));

    private static InvitationAnswer Answer(VaultInvitation invitation, Person person) =>
        invitation.Answer(person.Identity, message => person.Sign(SignaturePurpose.InvitationAnswer, message));

    private static InvitationAnswer Signed(Person person, InvitationAnswer answer) =>
        answer with { Signature = person.Sign(SignaturePurpose.InvitationAnswer, [.. answer.Message(), .. answer.Mac]) };

    private static InvitationAnswer Read(byte[] bytes)
    {
        Assert.True(InvitationAnswer.TryRead(bytes, out InvitationAnswer? answer, out string? fault), fault);
        return answer;
    }

    private sealed record InvitationFile(InvitationVector Invitation);

    private sealed record InvitationVector(string Text, string Server, long Expires, Guid Id, byte[] Registration, byte[] Answer, byte[] AsStatement);
}
